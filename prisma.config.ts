import { defineConfig } from 'prisma/config';
import { readConfig } from './infra/config';
import { databaseUrl } from './infra/database/address';
import { readPasswords } from './infra/database/passwords';

const config = readConfig(process.env);
/** Prisma's generator needs no database, and runs before there is one. */
const isKnown = config.database.url !== undefined || readPasswords(config.dataDir) !== undefined;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(isKnown ? { datasource: { url: databaseUrl(config, 'owner') } } : {}),
});
