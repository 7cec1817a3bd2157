# Values for `mesh deploy --environment production`.
environment = "production"

environment_variables = {
  GREETING = "Hello"
}
