import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { temporal } from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { workflowIdOf } from '../domain/steps';
import { readConfig } from '../infra/config';
import { temporalEndpoint } from '../infra/temporal/connection';

type History = temporal.api.history.v1.IHistory;

const USAGE = `npm run replay -- <orderId or file> [--save <file>]

Replays the history of an order's workflow against this checkout: an order of the running stack, or a history in JSON as
the Temporal UI or \`temporal workflow show -o json\` gives it. Exits 0 where this code takes the same way, 1 where it does
not, 2 where there is no such history. --save writes the history of an order to a file instead, for tests/replay/histories.
`;

/** Thrown where there is no history to replay. */
class NoHistoryError extends Error {
  override readonly name = 'NoHistoryError';
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { save: { type: 'string' } } });
  const [target] = positionals;
  if (target === undefined || positionals.length > 1) throw new NoHistoryError(USAGE);
  const history = existsSync(target) ? readHistory(target) : await fetchHistory(target);
  if (values.save !== undefined) {
    writeFileSync(values.save, withoutTraces(historyToJSON(history)));
    return 0;
  }
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  try {
    await Worker.runReplayHistory({ workflowsPath: require.resolve('../workflows/index.ts') }, history);
  } catch (error) {
    if (!(error instanceof DeterminismViolationError)) throw error;
    process.stderr.write(`this code takes another way than the history: ${error.message}\n`);
    return 1;
  }
  process.stdout.write(`replayed ${history.events?.length ?? 0} events of ${target}: this code takes the same way\n`);
  return 0;
}

/** A history as it is kept: without the stack traces and process names of the machine that it comes from. */
const withoutTraces = (json: string): string =>
  `${JSON.stringify(
    JSON.parse(json, (name: string, value: unknown) => (name === 'stackTrace' || name === 'identity' ? '' : value)),
    null,
    1,
  )}\n`;

function readHistory(file: string): History {
  try {
    return historyFromJSON(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new NoHistoryError(`${file} is no workflow history in JSON: ${String(error)}\n`);
  }
}

async function fetchHistory(orderId: string): Promise<History> {
  const { connection: options, namespace } = temporalEndpoint(readConfig(process.env));
  try {
    const connection = await Connection.connect(options);
    const client = new Client({ connection, namespace });
    return await client.workflow.getHandle(workflowIdOf(orderId)).fetchHistory();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoHistoryError(`no history of ${orderId}: ${why}. Give an order of the running stack, or a file.\n`);
  }
}

main()
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    process.stderr.write(error instanceof NoHistoryError ? error.message : `${String(error)}\n`);
    process.exit(2);
  });
