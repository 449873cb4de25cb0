import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { jwtSecret } from './secret-strength';

const portNumber = z
  .string()
  .regex(/^[0-9]{1,5}$/, { error: 'must be a whole number', abort: true })
  .transform(Number)
  .pipe(z.number().min(1).max(65535));
const port = (fallback: number) => portNumber.default(fallback);
const optional = z
  .string()
  .transform((text) => text.trim() || undefined)
  .optional();

const tokenHours = (fallback: number) =>
  z.coerce
    .number()
    .positive()
    .max(366 * 24)
    .default(fallback);

/** Temporal joins the two by a dot or a colon, and keeps names that begin with two underscores to itself. */
const deploymentPart = (form: RegExp, marks: string) =>
  z.string().max(200).regex(form, `must be letters, digits, ${marks} only, and not begin with "__"`).optional();

/** The environment variables that Consign reads; the SDK's own `TEMPORAL_*` settings are read by its envconfig. */
const environment = z.object({
  API_HOST: z.string().default('127.0.0.1'),
  API_PORT: port(3000),
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  POSTGRES_PORT: port(54329),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: optional,
  TEMPORAL_ADDRESS: optional,
  TEMPORAL_UI_URL: optional,
  POLICY_FILE: optional,
  WORKER_FILE: optional,
  API_LIMITS_FILE: optional,
  WORKER_DEPLOYMENT_NAME: deploymentPart(/^(?!__)[\w-]+$/, '"-" and "_"'),
  WORKER_BUILD_ID: deploymentPart(/^(?!__)[\w.+-]+$/, '".", "+", "-" and "_"'),
  JWT_SECRET: jwtSecret.optional(),
  JWT_SECRET_PREVIOUS: jwtSecret.optional(),
  JWT_CUSTOMER_HOURS: tokenHours(24),
  JWT_STAFF_HOURS: tokenHours(12),
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: portNumber.optional(),
  SANDBOX: z.enum(['on', 'off']).default('off'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** A version of a worker: the deployment that it is one of, and its build. */
export interface WorkerVersion {
  deploymentName: string;
  buildId: string;
}

/** A JSON file of settings, as an environment variable names it. */
export interface SettingsFile {
  variable: string;
  /** Absolute; undefined if the variable is not set. */
  path: string | undefined;
}

/** The configuration of a process, parsed once at its start. */
export interface Config {
  api: {
    host: string;
    port: number;
    jwtSecret: string | undefined;
    /** Tokens signed by it are accepted as well: the last secret, while it is replaced. */
    previousJwtSecret: string | undefined;
    /** How long a token may live, in hours. */
    tokenHours: { customer: number; staff: number };
  };
  temporal: {
    /** Set if a Temporal service of the user's own is to be used. */
    external: boolean;
    address: string;
    port: number;
    uiPort: number;
    uiUrl: string;
  };
  database: {
    /** A PostgreSQL of the user's own; undefined if the embedded one is used. See `databaseUrl`. */
    url: string | undefined;
    /** Port of the embedded one. */
    port: number;
  };
  /** Absolute path of the folder of the embedded parts. */
  dataDir: string;
  /** Timings of orders and returns; `POLICY_FILE`. */
  policyFile: SettingsFile;
  /** How much a worker does at once; `WORKER_FILE`. */
  workerFile: SettingsFile;
  /** How much of the API who may use; `API_LIMITS_FILE`. */
  apiLimitsFile: SettingsFile;
  /** The version as which a worker asks for work; undefined if workers take turns whatever their code is. */
  workerVersion: WorkerVersion | undefined;
  /** Where a worker serves its metrics, where a port is set; the API serves its own. */
  metricsHost: string;
  metricsPort: number | undefined;
  sandbox: boolean;
  logLevel: string;
}

/** Thrown if the configuration is not usable; the message names each variable and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the configuration from environment variables. Throws a {@link ConfigError}. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) throw new ConfigError(describe(parsed.error));
  const value = parsed.data;
  return {
    api: {
      host: value.API_HOST,
      port: value.API_PORT,
      jwtSecret: value.JWT_SECRET,
      previousJwtSecret: value.JWT_SECRET_PREVIOUS,
      tokenHours: { customer: value.JWT_CUSTOMER_HOURS, staff: value.JWT_STAFF_HOURS },
    },
    temporal: {
      external: value.TEMPORAL_ADDRESS !== undefined,
      address: value.TEMPORAL_ADDRESS ?? `127.0.0.1:${value.TEMPORAL_PORT}`,
      port: value.TEMPORAL_PORT,
      uiPort: value.TEMPORAL_UI_PORT,
      uiUrl: value.TEMPORAL_UI_URL ?? `http://127.0.0.1:${value.TEMPORAL_UI_PORT}`,
    },
    database: { url: value.DATABASE_URL, port: value.POSTGRES_PORT },
    dataDir: path.resolve(value.DATA_DIR),
    policyFile: settingsFile('POLICY_FILE', value.POLICY_FILE),
    workerFile: settingsFile('WORKER_FILE', value.WORKER_FILE),
    apiLimitsFile: settingsFile('API_LIMITS_FILE', value.API_LIMITS_FILE),
    workerVersion: workerVersion(value),
    metricsHost: value.METRICS_HOST,
    metricsPort: value.METRICS_PORT,
    sandbox: value.SANDBOX === 'on',
    logLevel: value.LOG_LEVEL,
  };
}

function workerVersion({
  WORKER_DEPLOYMENT_NAME: deploymentName,
  WORKER_BUILD_ID: buildId,
}: z.infer<typeof environment>): WorkerVersion | undefined {
  if (deploymentName !== undefined && buildId !== undefined) return { deploymentName, buildId };
  if (deploymentName === undefined && buildId === undefined) return undefined;
  const missing = buildId === undefined ? 'WORKER_BUILD_ID' : 'WORKER_DEPLOYMENT_NAME';
  throw new ConfigError(
    `${missing}: must be set too, because a worker's version is WORKER_DEPLOYMENT_NAME and WORKER_BUILD_ID`,
  );
}

const settingsFile = (variable: string, file: string | undefined): SettingsFile => ({
  variable,
  path: file === undefined ? undefined : path.resolve(file),
});

/** Reads a JSON file of settings by its owner's schema; without a file, the defaults. Throws a {@link ConfigError}. */
export function readSettings<S extends z.ZodType>({ variable, path: file }: SettingsFile, schema: S): z.infer<S> {
  let settings: unknown = {};
  try {
    if (file !== undefined) settings = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${variable} ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = schema.safeParse(settings);
  if (!parsed.success) throw new ConfigError(`${variable} ${file}: ${describe(parsed.error)}`);
  return parsed.data;
}

const describe = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`).join('; ');
