import { isNativeError } from 'node:util/types';

/** An error as it may stand in a log: what it is, where it comes from and what it is about, but no value of a row. */
export interface LoggedError {
  type: string;
  message: string;
  stack: string;
  cause?: LoggedError;
  errors?: LoggedError[];
  /** `code`, `table`, `constraint`, …: see below. */
  [field: string]: unknown;
}

/** Fields of errors that name things and never hold what a person typed. */
const NAMES = ['code', 'schema', 'table', 'column', 'constraint', 'kind', 'originalCode', 'syscall', 'address', 'port'];

/** SQLSTATE classes of errors that are about values; the others are about connections, locks and statements. */
const ABOUT_VALUES = /^(21|22|23|27|44|P0)/;
/** PostgreSQL's own words for a refused row name its table and constraint alone. */
const NAMES_ALONE =
  /^(new row for relation|duplicate key value violates|insert or update on table|update or delete on table|null value in column|conflicting key value) /;
/** What our own triggers say: ids, statuses and skus. */
const OUR_TRIGGERS = /^(the fence of )?(order|return|refund) \S+ |^\w+ is append-only$/;
/** The names under which errors of the database travel once they were turned into failures of Temporal's. */
const DATABASE_TYPES = /^(error|DatabaseError|DriverAdapterError|PrismaClient\w*)$/;

const MOST_CAUSES = 5;

/** An error without the values that it may carry: PostgreSQL's `detail` and `where`, Prisma's arguments, parsed text. */
export function errorForLog(error: unknown, causes = MOST_CAUSES): LoggedError {
  const { name: type, message, fields } = describe(error);
  const stack = isNativeError(error) ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const logged: LoggedError = { type, message, stack: [`${type}: ${message}`, ...frames].join('\n'), ...fields };
  if (!isNativeError(error) || causes === 0) return logged;
  if (error.cause !== undefined && !isDriverError(error)) logged.cause = errorForLog(error.cause, causes - 1);
  const { errors } = error as Partial<AggregateError>;
  if (Array.isArray(errors)) logged.errors = errors.map((each) => errorForLog(each, causes - 1));
  return logged;
}

/** What an error says in one line, without any value of a row. */
export function errorInWords(error: unknown): string {
  const { message, errors } = errorForLog(error);
  const said = message === '' && errors !== undefined ? errors.map((each) => each.message).join('; ') : message;
  return said.trim().replaceAll(/\s*\n\s*/g, ' ');
}

interface Described {
  name: string;
  message: string;
  fields: Record<string, unknown>;
}

function describe(error: unknown): Described {
  if (!isNativeError(error))
    return { name: typeof error, message: 'something that is no error was thrown', fields: {} };
  const record = error as Error & Record<string, unknown>;
  const name = error.name || 'Error';
  const fields = namesIn(record);
  if (isDriverError(error)) {
    const cause = error.cause as Record<string, unknown>;
    return {
      name,
      message: ofDatabase(textIn(cause, 'originalCode'), textIn(cause, 'originalMessage')),
      fields: { ...fields, ...namesIn(cause) },
    };
  }
  if (name.startsWith('PrismaClient')) return { name, ...ofPrisma(record, fields) };
  if (typeof record['severity'] === 'string') {
    return { name, message: ofDatabase(textIn(record, 'code'), error.message), fields };
  }
  if (typeof record['type'] === 'string' && DATABASE_TYPES.test(record['type'])) {
    return { name, message: `the database refused something (${record['type']})`, fields };
  }
  if (name === 'SyntaxError') return { name, message: 'a text is not of the form that it should have', fields };
  return { name, message: error.message, fields };
}

/** Prisma's own words quote the arguments of a call; of what the driver said enough is known. */
function ofPrisma(record: Record<string, unknown>, fields: Described['fields']): Omit<Described, 'name'> {
  const meta = record['meta'] as { modelName?: string; driverAdapterError?: unknown } | undefined;
  const about = [record['code'], meta?.modelName].filter((part) => typeof part === 'string').join(', ');
  if (meta?.driverAdapterError === undefined) {
    const isAboutConnection = record['name'] === 'PrismaClientInitializationError' || /^P1|^P2024|^P2028/.test(about);
    const said = isAboutConnection ? textIn(record, 'message') : 'Prisma refused a call';
    return { message: about === '' ? said : `${said} (${about})`, fields };
  }
  const driver = describe(meta.driverAdapterError);
  return {
    message: about === '' ? driver.message : `${driver.message} (${about})`,
    fields: { ...driver.fields, ...fields },
  };
}

function ofDatabase(state: string, message: string): string {
  if (!ABOUT_VALUES.test(state) || NAMES_ALONE.test(message) || OUR_TRIGGERS.test(message)) {
    return message.split('\n')[0] ?? '';
  }
  return `the database refused a value (SQLSTATE ${state})`;
}

/** An error of Prisma's driver: what PostgreSQL said is in its cause, which is no error. */
const isDriverError = (error: Error): boolean => error.name === 'DriverAdapterError' && typeof error.cause === 'object';

const textIn = (record: Record<string, unknown>, name: string): string => {
  const value = record[name];
  return typeof value === 'string' ? value : '';
};

const namesIn = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = record[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
