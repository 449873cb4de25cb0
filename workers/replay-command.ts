import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { temporal } from '@temporalio/proto';
import { DefaultLogger, ReplayError, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { workflowIdOf } from '../contracts/workflow/ids';
import { readConfig } from '../infra/config';
import { temporalEndpoint } from '../infra/temporal/connection';

type History = temporal.api.history.v1.IHistory;

const USAGE = `npm run replay -- <orderId, workflow id or file> [--save <file>]
npm run replay -- --where "<query>"

Replays the history of a workflow against this checkout: of an order of the running stack, of any workflow by its id, or a
history in JSON as the Temporal UI or \`temporal workflow show -o json\` gives it. Exits 0 where this code takes the same way, 1 where it does
not, 2 where there is no such history. --save writes the history to a file instead, for tests/replay/histories.
--where replays every workflow that Temporal lists for a query, such as "ExecutionStatus = 'Running'".
`;

const workflowsPath = require.resolve('../workflows/index.ts');

/** Thrown if there is no history to replay. */
class NoHistoryError extends Error {
  override readonly name = 'NoHistoryError';
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { save: { type: 'string' }, where: { type: 'string' } },
  });
  const [target] = positionals;
  if (values.where !== undefined && target === undefined) return replayListed(values.where);
  if (target === undefined || positionals.length > 1) throw new NoHistoryError(USAGE);
  const history = existsSync(target) ? readHistory(target) : await fetchHistory(target);
  if (values.save !== undefined) {
    writeFileSync(values.save, withoutTraces(historyToJSON(history)));
    return 0;
  }
  quiet();
  try {
    await Worker.runReplayHistory({ workflowsPath }, history);
  } catch (error) {
    if (!(error instanceof DeterminismViolationError || error instanceof ReplayError)) throw error;
    process.stderr.write(`this code takes another way than the history: ${error.message}\n`);
    return 1;
  }
  process.stdout.write(`replayed ${history.events?.length ?? 0} events of ${target}: this code takes the same way\n`);
  return 0;
}

/** Replays all that Temporal lists, and names those that this code would take another way. */
async function replayListed(query: string): Promise<number> {
  quiet();
  const { workflow } = await connect();
  if ((await workflow.count(query)).count === 0)
    throw new NoHistoryError(`Temporal lists no workflow where ${query}\n`);
  const histories = workflow.list({ query }).intoHistories();
  let same = 0;
  let refused = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowsPath }, histories)) {
    if (error === undefined) same += 1;
    else {
      refused += 1;
      process.stderr.write(`${workflowId}: this code takes another way: ${error.message}\n`);
    }
  }
  process.stdout.write(
    `replayed ${same + refused}: this code takes the same way for ${same}, another for ${refused}\n`,
  );
  return refused === 0 ? 0 : 1;
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

async function fetchHistory(id: string): Promise<History> {
  try {
    const client = await connect();
    const workflowId = id.startsWith('ord_') ? workflowIdOf(id) : id;
    return await client.workflow.getHandle(workflowId).fetchHistory();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoHistoryError(`no history of ${id}: ${why}. Give an order of the running stack, or a file.\n`);
  }
}

async function connect(): Promise<Client> {
  const { connection, namespace } = temporalEndpoint(readConfig(process.env));
  return new Client({ connection: await Connection.connect(connection), namespace });
}

const quiet = (): void => void Runtime.install({ logger: new DefaultLogger('ERROR') });

main()
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    process.stderr.write(error instanceof NoHistoryError ? error.message : `${String(error)}\n`);
    process.exit(2);
  });
