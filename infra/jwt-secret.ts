import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type Config } from './config';

const MIN_LENGTH = 32;

/**
 * The secret that signs the API's tokens: `JWT_SECRET`, or the one in the file `jwt-secret` of the data folder, which
 * is made if it is missing. Processes that start at once agree on one secret. Throws a {@link ConfigError}.
 */
export function loadJwtSecret(config: Config): string {
  if (config.api.jwtSecret !== undefined) return config.api.jwtSecret;
  const file = path.join(config.dataDir, 'jwt-secret');
  const secret = read(file) ?? create(file);
  if (secret.length < MIN_LENGTH) {
    throw new ConfigError(`${file} must hold at least ${MIN_LENGTH} characters; remove it to get a new one`);
  }
  return secret;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Links a finished file into place, so that nobody reads half a secret; the first of several processes wins. */
function create(file: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, `${randomBytes(48).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(file, 'utf8').trim();
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;
