import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config';

const FILE = 'database-passwords.json';

const passwords = z.strictObject({ superuser: z.string().min(1), owner: z.string().min(1), app: z.string().min(1) });

/** The passwords of the embedded PostgreSQL, one for each role. */
export type DatabasePasswords = z.infer<typeof passwords>;

/** The file of the passwords in a folder of data. */
export const passwordFileOf = (dataDir: string): string => path.join(dataDir, FILE);

/**
 * The passwords of the embedded PostgreSQL in a folder of data; undefined if there is none. Throws a
 * {@link ConfigError} if their file cannot be read or is damaged.
 */
export function readPasswords(dataDir: string): DatabasePasswords | undefined {
  const file = passwordFileOf(dataDir);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`${file} cannot be read (${(error as Error).message}): it belongs to who ran npm start`);
  }
  try {
    return passwords.parse(JSON.parse(text));
  } catch {
    throw new ConfigError(`${file} is damaged: remove it, and npm start gives the database new passwords`);
  }
}

/** Passwords of 192 random bits each, of letters, digits, "-" and "_": they can stand in an address. */
export function newPasswords(): DatabasePasswords {
  const password = () => randomBytes(24).toString('base64url');
  return { superuser: password(), owner: password(), app: password() };
}

/** Keeps the passwords in a folder of data, for its owner alone. The file is whole or not there at all. */
export function keepPasswords(dataDir: string, kept: DatabasePasswords): void {
  const file = passwordFileOf(dataDir);
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, `${JSON.stringify(kept, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
  renameSync(draft, file);
}
