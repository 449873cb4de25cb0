/** Thrown where the stack cannot run; the message is one line for the person at the terminal and says what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

/** The error code of a failed system call, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

/** What an error says, in one line; a failed connection to a name with several addresses says nothing by itself. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  const text = error instanceof Error ? error.message || (codeOf(error) ?? error.name) : String(error);
  return text.trim().split('\n')[0] ?? '';
}
