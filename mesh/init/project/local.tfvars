# Values for `mesh up`, which runs this server on your machine.
environment_variables = {
  GREETING = "Hello"
}
