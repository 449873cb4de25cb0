import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * A logger that writes one JSON object a line to standard output. A line that cannot be written, because the disk is full
 * or the reader gone, is dropped: pino's own output would end the process, and hold it up until there is room again.
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
  };
  return pino(options, process.stdout);
}

const drop = (): void => undefined;
