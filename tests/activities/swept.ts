import { createSweepActivities, type SweepAges, type SweptWorkflows } from '../../activities/sweeps/sweeps';
import type { CarrierPort } from '../../adapters/ports';
import type { Database } from '../../infra/database/client';

/** Everything that there is counts as left over. */
const AT_ONCE: SweepAges = { unstartedMs: -1000, quietMs: -1000, owedMs: -1000, surplusMs: -1000, scanMs: -1000 };

interface Given {
  carriers?: readonly CarrierPort[];
  sendMessages?: (limit: number) => Promise<number>;
  ages?: Partial<SweepAges>;
}

/** The sweeps over workflows that a test scripts; any other call of one fails, and so does a message. */
export function sweepsOver(database: Database, workflows: Partial<SweptWorkflows> = {}, given: Given = {}) {
  const asked: string[] = [];
  const none = (name: string) => () => {
    asked.push(name);
    return Promise.reject(new Error(`${name} was not expected`));
  };
  const scripted: SweptWorkflows = {
    startOrder: none('startOrder'),
    startReturn: none('startReturn'),
    startLateUndo: none('startLateUndo'),
    openAmong: none('openAmong'),
    newestRun: none('newestRun'),
    statusOfRun: none('statusOfRun'),
    tellBooksMoved: none('tellBooksMoved'),
    resend: none('resend'),
    runningSince: async function* () {
      await none('runningSince')();
    },
    ...workflows,
  };
  const sweeps = createSweepActivities({
    database,
    carriers: given.carriers ?? [],
    workflows: scripted,
    sendMessages: given.sendMessages ?? none('sendMessages'),
    ages: { ...AT_ONCE, ...given.ages },
  });
  return { sweeps, asked };
}
