import { watch } from 'node:fs';
import path from 'node:path';
import { ROOT } from './paths';
import type { Service } from './service';

/** The folders whose files each process runs; a workflow's file is the worker's, which bundles it when it starts. */
const SHARED = ['adapters', 'books', 'contracts', 'domain', 'infra', 'workflow-client'];
const FOLDERS: Record<Service['part'], readonly string[]> = {
  api: [...SHARED, 'api'],
  worker: [...SHARED, 'activities', 'events', 'workers', 'workflows'],
};

/** An editor writes a file in several steps, and several files one after another. */
const QUIET_MS = 200;

/** The processes that run a file of the project; none for what is no source of theirs. */
export function partsThatRun(file: string): Service['part'][] {
  if (!/\.(ts|mjs|json)$/.test(file) || /^infra\/(stack|checks|deploy|install)\//.test(file)) return [];
  const [folder = ''] = file.split('/');
  return (['api', 'worker'] as const).filter((part) => FOLDERS[part].includes(folder));
}

/** Calls with the processes that run what has changed, once it has been quiet for a moment. */
export function watchSources(
  onChange: (parts: Service['part'][], file: string) => void,
  root = ROOT,
): { stop(): void } {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    const files = [...changed];
    changed.clear();
    const parts = [...new Set(files.flatMap(partsThatRun))];
    if (parts.length > 0) onChange(parts, files[0] ?? '');
  };
  const folders = [...new Set(Object.values(FOLDERS).flat())];
  const watchers = folders.map((folder) =>
    watch(path.join(root, folder), { recursive: true }, (_, name) => {
      const file = path.posix.join(folder, name ?? '');
      if (partsThatRun(file).length === 0) return;
      changed.add(file);
      clearTimeout(timer);
      timer = setTimeout(tell, QUIET_MS);
    }),
  );
  return {
    stop: () => {
      clearTimeout(timer);
      for (const each of watchers) each.close();
    },
  };
}
