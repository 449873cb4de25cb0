/** Stops what the global set-up started. */
export default async function globalTeardown(): Promise<void> {
  globalThis.testRun?.parts.close();
  await globalThis.testRun?.guard.release();
}
