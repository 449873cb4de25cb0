import { readConfig } from '../infra/config';
import { verifyBooks, type BooksReport } from './verify';

/**
 * The command `npm run verify-books`: checks all books of the configured database and prints each violation in one line.
 * Exits 1 where there is one, 2 where the books cannot be read.
 */
async function main(): Promise<number> {
  let report: BooksReport;
  try {
    report = await verifyBooks(readConfig(process.env).database.url);
  } catch (error) {
    process.stderr.write(`the books cannot be read: ${reasonOf(error)}\n`);
    return 2;
  }
  process.stdout.write(describe(report));
  return report.violations.length === 0 ? 0 : 1;
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

void main().then((exitCode) => {
  process.exitCode = exitCode;
});
