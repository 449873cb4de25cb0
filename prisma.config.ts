import { defineConfig } from 'prisma/config';
import { readConfig } from './infra/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: readConfig(process.env).database.url },
});
