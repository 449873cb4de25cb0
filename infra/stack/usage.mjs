/** What `npm start -- --help` prints. */
export const usage = `
usage: npm start
       npm run dev   the same, and starts the API and the worker anew whenever a file of theirs changes

Installs what is missing, boots PostgreSQL, Temporal with its UI, the worker and the API on this machine,
and prints the addresses, a token and a first order. Ctrl-C stops everything cleanly, a second Ctrl-C at once;
the next npm start resumes every order.

  DATA_DIR           folder of the data, the logs (log/<name>.log), passwords and secret    .data
  API_PORT           port of the API                                                        3000
  API_HOST           address that the API listens on                                        127.0.0.1
  TEMPORAL_PORT      port of the embedded Temporal                                          7233
  TEMPORAL_UI_PORT   port of its UI                                                         8233
  POSTGRES_PORT      port of the embedded PostgreSQL                                        54329
  DATABASE_URL       a PostgreSQL of your own, used instead of the embedded one
  TEMPORAL_ADDRESS   a Temporal service of your own, used instead of the embedded one;
                     TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS and the SDK's other settings apply
  TEMPORAL_UI_URL    where the UI of that service is
  JWT_SECRET         secret of the API's tokens, at least 32 characters                     made in DATA_DIR
  JWT_SECRET_PREVIOUS   the secret before it, accepted while it is replaced
  JWT_CUSTOMER_HOURS, JWT_STAFF_HOURS   the longest that a token may live                   24, 12
  POLICY_FILE        JSON file that overrides timings
  WORKER_FILE        JSON file that says how much a worker does at once
  API_LIMITS_FILE    JSON file that says how much callers of the API may use
  WORKER_DEPLOYMENT_NAME, WORKER_BUILD_ID   the version as which the worker asks for work; both or neither
  METRICS_PORT       port of the worker's metrics; none are served without it
  METRICS_HOST       address that they are served on                                        127.0.0.1
  SANDBOX            on or off: the sandbox's endpoints                                     on
  LOG_LEVEL          fatal, error, warn, info, debug or trace                               info

Two stacks run side by side where ports and DATA_DIR differ. To begin anew, stop it and remove DATA_DIR.
`;
