import { readConfig } from '../config';
import { databaseUrl } from '../database/address';
import { errorInWords } from '../errors-without-values';
import { migrate } from '../database/migrate';
import { prepareNamespace } from './namespace';

/**
 * The command `migrate` of the image: brings the database to this version and, if `TEMPORAL_ADDRESS` is set, the
 * namespace too. Safe to repeat. Exits 1 if one of them cannot be made ready.
 */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const applied = await migrate(databaseUrl(config, 'owner'));
  say(applied.length === 0 ? 'the database is up to date' : `applied ${applied.join(', ')}`);
  if (config.temporal.external) await prepareNamespace(config, say);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

// As the first process of a container it would get no signal that it doesn't ask for.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${errorInWords(error)}\n`);
    process.exit(1);
  },
);
