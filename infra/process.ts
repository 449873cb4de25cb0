import { ConfigError } from './config';
import type { Logger } from './logger';

/** A started process: `stop` drains it. */
export interface Running {
  stop(): Promise<void>;
}

/**
 * Runs a process to its end: starts it, tells the parent that it is ready, and stops it once on SIGINT, SIGTERM or when
 * the parent that launched it is gone. Exits 0 after a clean stop, 1 if starting or stopping failed or an error was not
 * caught.
 */
export async function runProcess(logger: Logger, start: () => Promise<Running>): Promise<void> {
  let running: Running | undefined;
  let stopping = false;
  const stop = async (cause: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ cause }, 'stopping');
    await running?.stop();
    process.exit(0);
  };
  const stopOn = (cause: string) => () => {
    stop(cause).catch((error: unknown) => {
      logger.error({ err: error }, 'could not stop cleanly');
      process.exit(1);
    });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stopOn(signal));
  process.on('disconnect', stopOn('the launcher is gone'));
  // Node's own words for it would show all that the error carries.
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'an error that nobody caught');
    process.exit(1);
  });
  try {
    running = await start();
  } catch (error) {
    if (error instanceof ConfigError) logger.fatal(error.message);
    else logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
  logger.info('ready');
  process.send?.({ ready: true });
}
