import { isNativeError } from 'node:util/types';
import pino, { type LogFn, type Logger } from 'pino';
import { errorForLog, errorInWords } from './errors-without-values';

export type { Logger };

/**
 * A logger that writes one JSON object a line to standard output, errors without the values that they carry. A line
 * that cannot be written, because the disk is full or the reader gone, is dropped: pino's own output would end the
 * process, and hold it up until there is room again.
 *
 * @param component - the process that logs: `api`, `worker`, …
 */
export function createLogger(component: string, level: string): Logger {
  if (!process.stdout.listeners('error').includes(drop)) process.stdout.on('error', drop);
  const options = {
    level,
    base: { component },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // What is logged under `err` has been made fit for it already.
    serializers: { err: (error: unknown) => error },
    hooks: {
      logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn) {
        const [what, ...rest] = args as unknown[];
        const texts = rest.map((each) => (isNativeError(each) ? errorInWords(each) : each));
        method.apply(this, [withoutValues(what), ...texts] as Parameters<LogFn>);
      },
    },
  };
  return pino(options, process.stdout);
}

/** Errors are logged by whoever works for us too, under names of their own. */
function withoutValues(what: unknown): unknown {
  if (isNativeError(what)) return { err: errorForLog(what) };
  if (typeof what !== 'object' || what === null) return what;
  const fields = Object.entries(what as Record<string, unknown>);
  return Object.fromEntries(fields.map(([name, value]) => [name, isNativeError(value) ? errorForLog(value) : value]));
}

const drop = (): void => undefined;
