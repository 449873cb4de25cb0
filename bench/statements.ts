import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** What PostgreSQL was asked to do, counted from its own log. */
export interface StatementCount {
  /** Statements that read or write, without those that begin and end transactions; by the name of the connection. */
  statements: Record<string, number>;
  /** The same by their text, after the name of the connection. */
  texts: Record<string, number>;
  /** Statements that begin or end a transaction: round trips as well. */
  control: number;
  /** Transactions that wrote something: each has an id of its own and waits for the disk. */
  commits: number;
  seconds: number;
}

/** Lines of the log are begun by the time, the process and the connection's name (`log_line_prefix`). */
const LINE = /^\S+ \S+ \S+ \[[0-9]+\] (.*?) ?LOG: {2}(?:execute [^:]*|statement): ([\s\S]*)$/;
const TEXT_LENGTH = 160;
const CONTROL = /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|DEALLOCATE|SET TRANSACTION)\b/i;

/**
 * Has PostgreSQL log every statement while `run` goes on, and counts them. For short, unmeasured runs: logging takes
 * time. Connections named in `ignored` are not counted.
 */
export async function countStatements(
  url: string,
  logFile: string,
  ignored: string[],
  run: () => Promise<void>,
): Promise<StatementCount> {
  const client = new Client({ connectionString: url, application_name: 'bench-counter' });
  await client.connect();
  const newestTransaction = async () => {
    const { rows } = await client.query<{ id: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot()) AS id');
    return Number(rows[0]?.id);
  };
  try {
    await logAll(client, true);
    const start = readFileSync(logFile).length;
    const transactions = await newestTransaction();
    const startMs = performance.now();
    await run();
    const seconds = (performance.now() - startMs) / 1000;
    const commits = (await newestTransaction()) - transactions;
    const log = readFileSync(logFile).subarray(start).toString('utf8');
    return { ...countIn(log, ['bench-counter', ...ignored]), commits, seconds };
  } finally {
    await logAll(client, false);
    await client.end();
  }
}

/** Counts the statements of a stretch of PostgreSQL's log. */
export function countIn(
  log: string,
  ignored: readonly string[],
): Pick<StatementCount, 'statements' | 'texts' | 'control'> {
  const statements: Record<string, number> = {};
  const texts: Record<string, number> = {};
  const countOne = (counts: Record<string, number>, key: string) => (counts[key] = (counts[key] ?? 0) + 1);
  let control = 0;
  // A statement of several lines goes on in lines that begin with a tab.
  for (const entry of log.split(/\n(?!\t)/)) {
    const [, name = '', text = ''] = LINE.exec(entry) ?? [];
    if (text === '' || ignored.includes(name)) continue;
    if (CONTROL.test(text)) control += 1;
    else {
      countOne(statements, name);
      countOne(texts, `${name}: ${text.replaceAll(/\s+/g, ' ').trim().slice(0, TEXT_LENGTH)}`);
    }
  }
  return { statements, texts, control };
}

/** Takes away what goes on without any order, as counted while none was under way, and divides by the orders. */
export function perOrder(busy: StatementCount, idle: StatementCount | undefined, orders: number) {
  const share = idle === undefined ? 0 : busy.seconds / idle.seconds;
  const net = (count: number, background = 0) => Math.max(0, count - background * share) / orders;
  const netOf = (counts: Record<string, number>, background: Record<string, number> = {}) =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, net(count, background[name])]));
  const byConnection = netOf(busy.statements, idle?.statements);
  const byText = Object.entries(netOf(busy.texts, idle?.texts)).sort(([, one], [, other]) => other - one);
  return {
    statements: Object.values(byConnection).reduce((total, count) => total + count, 0),
    byConnection,
    byText: Object.fromEntries(byText),
    control: net(busy.control, idle?.control),
    commits: net(busy.commits, idle?.commits),
  };
}

/** The embedded server's own superuser may; its connections notice it when they next do something. */
async function logAll(client: Client, on: boolean): Promise<void> {
  const settings = { log_statement: 'all', log_parameter_max_length: '0' };
  for (const [name, value] of Object.entries(settings)) {
    await client.query(on ? `ALTER SYSTEM SET ${name} = '${value}'` : `ALTER SYSTEM RESET ${name}`);
  }
  await client.query('SELECT pg_reload_conf()');
  await sleep(300);
}
