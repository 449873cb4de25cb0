import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * A logger that writes one JSON object a line to standard output.
 *
 * @param component - the process that logs: `api`, `worker`, …
 */
export const createLogger = (component: string, level: string): Logger =>
  pino({
    level,
    base: { component },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
