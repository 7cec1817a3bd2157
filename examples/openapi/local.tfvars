# Values for `mesh up`: an API on this machine.
environment_variables = {
  LIBRARY_URL = "http://127.0.0.1:8000"
}
