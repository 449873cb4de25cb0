import { Prisma } from '../../infra/database/generated/client';

/** Prisma: not reachable, timed out, closed, no connection free, no transaction to be had, too many connections. */
const UNREACHABLE_CODES = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'];
const UNREACHABLE_KINDS = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'];
/** SQLSTATE: connection exceptions, insufficient resources, shut down or starting up. */
const UNREACHABLE_STATES = /^(08|53|57P0)/;
/** The driver's own, of a connection. */
const UNREACHABLE_ERRNOS = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH'];
/** Errors that the driver raises with no code. */
const UNREACHABLE_MESSAGES =
  /Connection terminated|is not queryable|timeout exceeded when trying to connect|ECONNRESET/;
const LOCK_NOT_AVAILABLE = '55P03';

interface DriverCause {
  kind?: string;
  originalCode?: string;
}

/** Whether an error of the database client means that the database cannot be reached, and not that we asked wrongly. */
export function isDatabaseDown(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  const { kind = '', originalCode = '' } = driverCause(error);
  if (UNREACHABLE_KINDS.includes(kind) || UNREACHABLE_STATES.test(originalCode)) return true;
  if (UNREACHABLE_STATES.test(driverCode(error)) || UNREACHABLE_ERRNOS.includes(driverCode(error))) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError && UNREACHABLE_CODES.includes(error.code)) return true;
  return error instanceof Error && UNREACHABLE_MESSAGES.test(error.message);
}

/** Whether a statement waited for a lock for longer than `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => driverCode(error) === LOCK_NOT_AVAILABLE;

/** The SQLSTATE of an error that PostgreSQL raised for a plain statement, or the errno of a broken connection. */
const driverCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

function driverCause(error: unknown): DriverCause {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return {};
  const driverError = error.meta?.['driverAdapterError'] as { cause?: DriverCause } | undefined;
  return driverError?.cause ?? {};
}
