import { Client, Connection } from '@temporalio/client';
import { checkRuns } from '../books/run-checks';
import { verifyBooks, type BooksReport, type Violation } from '../books/verify';
import { policy } from '../contracts/policy';
import { runCommand } from '../infra/command-line.mjs';
import { readConfig, type Config } from '../infra/config';
import { databaseUrl } from '../infra/database/address';
import { temporalEndpoint } from '../infra/temporal/connection';
import { workflowsOn } from '../workflow-client/workflows';

const CONNECT_MS = 3000;

const usage = `
usage: npm run verify-books

Checks that money and goods balance, over all books of the configured database (DATABASE_URL, or the stack's in
DATA_DIR), and that each open order has a run on Temporal. Prints a line for each violation. Writes nothing. Exits 0 if
there is none, 1 if there is one, 2 if the books cannot be read.
`;

/** The command `npm run verify-books`. */
async function main(): Promise<number> {
  const config = readConfig(process.env);
  let report: BooksReport;
  try {
    report = await verifyBooks(databaseUrl(config));
  } catch (error) {
    process.stderr.write(`the books cannot be read: ${reasonOf(error)}\n`);
    return 2;
  }
  report.violations.push(...(await violationsOfRuns(config)));
  process.stdout.write(describe(report));
  return report.violations.length === 0 ? 0 : 1;
}

/** What is wrong with the runs of open orders; says so, and finds nothing, if Temporal cannot be asked. */
async function violationsOfRuns(config: Config): Promise<Violation[]> {
  const { connection: options, namespace } = temporalEndpoint(config);
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_MS });
    const workflows = workflowsOn(new Client({ connection, namespace }), policy.parse({}));
    return await checkRuns(databaseUrl(config), workflows).finally(() => connection.close());
  } catch (error) {
    process.stderr.write(`Temporal cannot be asked, so the runs of open orders are not checked: ${reasonOf(error)}\n`);
    return [];
  }
}

function describe({ violations, writeOffs, reservedForNobody, orders, steps, units }: BooksReport): string {
  return [
    ...violations.map(
      ({ check, rule, subject, expected, found }) =>
        `${subject}: expected ${expected}, found ${found} (${check}: ${rule})`,
    ),
    ...writeOffs.map((step) => `${step}: written off by a person`),
    ...reservedForNobody.map(
      ({ orderId, sku, warehouse, units: left }) =>
        `${orderId} ${sku} ${warehouse}: ${left} units are reserved for nobody since then; a count of the shelf frees them`,
    ),
    `${orders} orders, ${steps} steps and ${units} units of stock checked: ` +
      `${violations.length} violations, ${writeOffs.length} write-offs`,
    '',
  ].join('\n');
}

/** A refused connection to several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

void runCommand({ usage }, main);
