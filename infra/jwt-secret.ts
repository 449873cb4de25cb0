import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type Config } from './config';
import { jwtSecret } from './secret-strength';

/**
 * The secret that signs the API's tokens: `JWT_SECRET`, or the one in the file `jwt-secret` of the data folder, which
 * is made if it is missing. Processes that start at once agree on one secret. Throws a {@link ConfigError}.
 */
export const loadJwtSecret = (config: Config): string =>
  config.api.jwtSecret ?? strong(config, read(config) ?? create(config));

/** The same for a command that needs the secret of a stack: one that is missing is a {@link ConfigError}, not made. */
export function findJwtSecret(config: Config): string {
  const found = config.api.jwtSecret ?? read(config);
  if (found !== undefined) return strong(config, found);
  throw new ConfigError(
    `no secret for tokens was found: ${fileOf(config)} is missing; run npm start first, or set DATA_DIR to the folder ` +
      `of the stack, or JWT_SECRET to its secret`,
  );
}

const fileOf = ({ dataDir }: Config): string => path.join(dataDir, 'jwt-secret');

function strong(config: Config, secret: string): string {
  const checked = jwtSecret.safeParse(secret);
  if (checked.success) return secret;
  const [issue] = checked.error.issues;
  throw new ConfigError(`the secret in ${fileOf(config)} ${issue?.message ?? ''}; remove the file to get a new one`);
}

function read(config: Config): string | undefined {
  const file = fileOf(config);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new ConfigError(`${file} cannot be read (${(error as Error).message}): it belongs to who ran npm start`);
  }
}

/** Links a finished file into place, so that nobody reads half a secret; the first of several processes wins. */
function create(config: Config): string {
  const file = fileOf(config);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
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
