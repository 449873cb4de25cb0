import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type * as SchemaEngineModule from '@prisma/schema-engine-wasm';

const PRISMA_FOLDER = path.resolve(__dirname, '../../prisma');
const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** What Node has of WebAssembly; its types come with the DOM's, which have no place here. */
declare const WebAssembly: {
  instantiate(source: Buffer, imports: object): Promise<{ instance: { exports: Record<string, () => void> } }>;
};

type Engine = SchemaEngineModule.SchemaEngine;

/**
 * Applies the migrations of `prisma/migrations` that the database does not have yet, with Prisma's own schema engine
 * (its WebAssembly build, which needs no download) and its `_prisma_migrations` table, so that the Prisma CLI can go
 * on with the same database.
 *
 * @returns the names of the migrations that were applied now
 */
export async function migrate(connectionString: string): Promise<string[]> {
  const adapters = new ScriptedPrismaPg({ connectionString, max: 1 });
  const engine = await schemaEngine(adapters);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationsList(),
      filters: NO_FILTERS,
    });
    return appliedMigrationNames;
  } finally {
    engine.free();
    await adapters.dispose();
  }
}

/** The adapter cuts a script at every semicolon, those inside a function's body too; PostgreSQL takes scripts whole. */
class ScriptedPrismaPg extends PrismaPg {
  readonly #connections: { dispose(): Promise<void> }[] = [];

  override async connect(): ReturnType<PrismaPg['connect']> {
    const connection = await super.connect();
    connection.executeScript = async (script) => {
      await connection.underlyingDriver().query(script);
    };
    this.#connections.push(connection);
    return connection;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.dispose()));
  }
}

async function schemaEngine(adapters: ScriptedPrismaPg): Promise<Engine> {
  const { SchemaEngine } = await schemaEngineModule();
  const { path: file, content } = datamodel();
  return SchemaEngine.new(
    { datamodels: [[file, content]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(adapters),
  );
}

let loaded: Promise<typeof SchemaEngineModule> | undefined;

/** The module as published imports its WebAssembly as an ES module, which Node cannot do: it is instantiated here. */
function schemaEngineModule(): Promise<typeof SchemaEngineModule> {
  loaded ??= (async () => {
    const folder = path.dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
    const glue =
      (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as typeof SchemaEngineModule & {
        __wbg_set_wasm(exports: object): void;
      };
    const source = readFileSync(path.join(folder, 'schema_engine_bg.wasm'));
    const { instance } = await WebAssembly.instantiate(source, {
      './schema_engine_bg.js': glue,
    });
    glue.__wbg_set_wasm(instance.exports);
    instance.exports['__wbindgen_start']?.();
    return glue;
  })();
  return loaded;
}

function datamodel() {
  const file = path.join(PRISMA_FOLDER, 'schema.prisma');
  return { path: file, content: readFileSync(file, 'utf8') };
}

function migrationsList(): SchemaEngineModule.MigrationList {
  const baseDir = path.join(PRISMA_FOLDER, 'migrations');
  const folders = readdirSync(baseDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(path.join(baseDir, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: folders.map(({ name }) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(path.join(baseDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}
