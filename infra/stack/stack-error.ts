import { isNativeError } from 'node:util/types';

/** Thrown if the stack cannot run; the message is one line for the person at the terminal and says what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

/** The error code of a failed system call, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  isNativeError(error) ? (error as NodeJS.ErrnoException).code : undefined;

/** The system call that failed, where the error is one of the system's. */
export const syscallOf = (error: unknown): string | undefined =>
  isNativeError(error) ? (error as NodeJS.ErrnoException).syscall : undefined;

/** What an error says, in one line; a failed connection to a name with several addresses says nothing by itself. */
export function messageOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  const first: unknown = (error as Partial<AggregateError>).errors?.[0];
  if (first !== undefined) return messageOf(first);
  return (error.message || (codeOf(error) ?? error.name)).trim().split('\n')[0] ?? '';
}
