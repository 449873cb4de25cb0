import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '@jest/types';
import { temporalCli, temporalTestServer } from '../../infra/stack/temporal-binary';
import { bootPostgres, bootTemporal, bundleWorkflows } from './boot';
import { startGuard, type Guard } from './guard';
import { serveSharedParts, type SharedParts } from './shared-parts';

declare global {
  var testRun: { guard: Guard; parts: SharedParts } | undefined;
}

/**
 * Offers the parts that tests share at `TEST_PARTS_URL`. A run of every test boots them first, so that no test's time
 * limit pays for it; a run of some tests boots what they ask for. The quick tier has none.
 */
export default async function globalSetup({ testPathPatterns }: Config.GlobalConfig): Promise<void> {
  if (process.env['TEST_TIER'] === 'quick') return;
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-test-'));
  chmodSync(folder, 0o755);
  const guard = startGuard(folder);
  const parts = await serveSharedParts({
    postgres: () => bootPostgres(folder),
    temporal: () => bootTemporal(folder, guard),
    temporalCli: () => temporalCli(say),
    temporalTestServer: () => temporalTestServer(say),
    workflowBundle: () => bundleWorkflows(folder),
  });
  globalThis.testRun = { guard, parts };
  process.env['TEST_PARTS_URL'] = parts.url;
  if (testPathPatterns.patterns.length === 0) await parts.bootAll();
}
