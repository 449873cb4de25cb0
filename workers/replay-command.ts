import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { temporal } from '@temporalio/proto';
import { DefaultLogger, ReplayError, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { returnWorkflowIdOf, workflowIdOf } from '../contracts/workflow/ids';
import { CommandError, runCommand, UsageError } from '../infra/command-line.mjs';
import { readConfig } from '../infra/config';
import { temporalEndpoint } from '../infra/temporal/connection';

type History = temporal.api.history.v1.IHistory;

const usage = `
usage: npm run replay -- <order id, return id, workflow id or file> [--save <file>]
       npm run replay -- --where "<query>"

Replays the history of a workflow against this checkout: that of an order (ord_…) or a return (ret_…) of the running
stack, or a history in JSON as the Temporal UI or \`temporal workflow show -o json\` gives it. Exits 0 if this code takes
the same way, 1 if it does not, 2 if there is no such history.

  --save <file>    writes the history to a file instead, for tests/replay/histories
  --where <query>  replays every workflow that Temporal lists for a query, such as "ExecutionStatus = 'Running'"
`;

const workflowsPath = require.resolve('../workflows/index.ts');

interface Asked {
  values: { save?: string | undefined; where?: string | undefined };
  operands: string[];
}

/** The command `npm run replay`. */
async function main({ values: { save, where }, operands: [target] }: Asked): Promise<number> {
  if (where !== undefined) {
    if (target !== undefined || save !== undefined) throw new UsageError('--where goes with nothing else');
    return replayListed(where);
  }
  if (target === undefined) throw new UsageError('say whose history is to be replayed');
  const history = existsSync(target) ? readHistory(target) : await fetchHistory(target);
  if (save !== undefined) {
    writeFileSync(save, withoutTraces(historyToJSON(history)));
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
  const { count } = await workflow.count(query).catch((error: unknown) => {
    throw new CommandError(`Temporal cannot list workflows where ${query}: ${reasonOf(error)}`, { cause: error });
  });
  if (count === 0) throw new CommandError(`Temporal lists no workflow where ${query}`);
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
    throw new CommandError(`${file} is no workflow history in JSON: ${String(error)}`, { cause: error });
  }
}

async function fetchHistory(id: string): Promise<History> {
  const { workflow } = await connect();
  try {
    return await workflow.getHandle(workflowOf(id)).fetchHistory();
  } catch (error) {
    const choice = 'give an order, a return or a workflow of the running stack, or a file';
    throw new CommandError(`no history of ${id}: ${reasonOf(error)}; ${choice}`, { cause: error });
  }
}

/** The workflow of an order or a return; any other id is a workflow's own. */
function workflowOf(id: string): string {
  if (id.startsWith('ord_')) return workflowIdOf(id);
  return id.startsWith('ret_') ? returnWorkflowIdOf(id) : id;
}

async function connect(): Promise<Client> {
  const { connection, namespace } = temporalEndpoint(readConfig(process.env));
  try {
    return new Client({ connection: await Connection.connect(connection), namespace });
  } catch (error) {
    const where = connection.address ?? 'its address';
    throw new CommandError(`Temporal cannot be reached at ${where}: run npm start first, or give a file`, {
      cause: error,
    });
  }
}

/** What Temporal says of a call; the client's own words name the call alone. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  if (isGrpcServiceError(cause)) return cause.details;
  return error instanceof Error ? error.message : String(error);
}

const quiet = (): void => void Runtime.install({ logger: new DefaultLogger('ERROR') });

void runCommand({ usage, options: { save: { type: 'string' }, where: { type: 'string' } }, operands: 1 }, main);
