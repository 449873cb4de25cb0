import { readConfig } from '../config';
import { migrate } from '../database/migrate';

/** The command `npm run migrate`: applies the migrations that the configured database does not have yet. */
migrate(readConfig(process.env).database.url)
  .then((applied) => {
    process.stdout.write(applied.length === 0 ? 'nothing to migrate\n' : `applied ${applied.join(', ')}\n`);
    process.exit(0);
  })
  .catch((error: unknown) => {
    process.stderr.write(
      `the migrations could not be applied: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(1);
  });
