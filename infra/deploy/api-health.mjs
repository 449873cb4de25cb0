/** The health check of an `api` container: exits 0 where orders can be taken, 1 else. */
const port = process.env['API_PORT'] || '3000';
const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) }).then(
  (response) => response.ok,
  () => false,
);
process.exitCode = ready ? 0 : 1;
