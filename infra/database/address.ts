import { ConfigError, type Config } from '../config';
import { passwordFileOf, readPasswords, type DatabasePasswords } from './passwords';

/** The name of the embedded PostgreSQL's database. */
export const DATABASE = 'consign';

/** Who connects to the embedded PostgreSQL, and the name of the role. */
export const databaseRoles = {
  /** The product, which reads and writes rows and owns nothing. */
  app: 'consign_app',
  /** The migrations, which own the schemas. */
  owner: 'consign_owner',
  /** The launcher, which makes the others. */
  superuser: 'consign',
} as const;

export type DatabaseRole = keyof typeof databaseRoles;

/**
 * The connection string of the configured database: `DATABASE_URL`, or the embedded PostgreSQL with the password that
 * the data folder keeps. Throws a {@link ConfigError} if neither is there.
 *
 * @param role - who connects to the embedded one; `DATABASE_URL` names its own role
 */
export function databaseUrl({ database, dataDir }: Config, role: DatabaseRole = 'app'): string {
  if (database.url !== undefined) return database.url;
  const passwords = readPasswords(dataDir);
  if (passwords === undefined) {
    throw new ConfigError(
      `no database is known: ${passwordFileOf(dataDir)} is missing; run npm start first, or set DATA_DIR to the folder ` +
        `of the stack, or DATABASE_URL to a PostgreSQL of your own`,
    );
  }
  return embeddedUrl({ port: database.port, role, passwords });
}

/** The connection string of a database of the embedded PostgreSQL. */
export const embeddedUrl = ({ port, role, passwords, database = DATABASE }: EmbeddedAddress): string =>
  `postgresql://${databaseRoles[role]}:${passwords[role]}@127.0.0.1:${port}/${database}`;

interface EmbeddedAddress {
  port: number;
  role: DatabaseRole;
  passwords: DatabasePasswords;
  database?: string;
}
