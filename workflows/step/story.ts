import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { stepName, type StepId, type StuckAction } from '../../domain/step-kinds';
import { renderDetails, type Headline, type StepRow, type StuckRow } from './details';
import type { Step } from './step';

/** A workflow's story as the Temporal UI tells it: its current details, and the call for a person. */
export class Story {
  readonly #rows = new Map<string, StepRow>();
  readonly #stuck = new Map<string, StuckRow>();
  readonly #facts: string[];
  readonly #howToFree: string;
  #headline: Headline;

  /**
   * @param headline - how it stands at first
   * @param facts - lines that stand above the table of steps
   * @param howToFree - the API's call that frees a stuck step
   */
  constructor(headline: Headline, facts: string[], howToFree: string) {
    this.#headline = headline;
    this.#facts = facts;
    this.#howToFree = howToFree;
    this.#show();
  }

  /** Tells how it stands now. */
  stands(headline: Headline): void {
    this.#headline = headline;
    this.#show();
  }

  /** Adds a line above the table of steps. */
  tell(fact: string): void {
    this.#facts.push(fact);
    this.#show();
  }

  /** A step is under way; one that undoes another stands in that one's row. */
  running({ id, says }: Step): void {
    const before = this.#rows.get(stepName(id));
    if (before === undefined) this.#mark(id, { what: says, state: 'running' });
    else if (before.what !== says) this.#mark(id, { ...before, state: 'undoing', undoes: true });
    else this.#mark(id, { ...before, state: 'running' });
  }

  /** A step has succeeded; `outcome` says in a few words what came of it. A question to the books is no step to tell. */
  done(id: StepId, outcome?: string): void {
    const row = this.#rows.get(stepName(id));
    if (row === undefined) return;
    if (id.kind === 'stop') return void this.#rows.delete(stepName(id));
    const { outcome: _, ...rest } = row;
    this.#mark(id, { ...rest, state: row.undoes ? 'undone' : 'done', ...(outcome !== undefined && { outcome }) });
  }

  /** A step was not done; an undo that was not done is written off. */
  notDone(id: StepId): void {
    const row = this.#rows.get(stepName(id));
    if (row !== undefined) this.#mark(id, { ...row, state: row.undoes ? 'written off' : 'not done' });
  }

  /** Tells why a step that goes on has not succeeded yet. */
  troubled(id: StepId, why: string): void {
    const row = this.#rows.get(stepName(id));
    if (row !== undefined) this.#mark(id, { ...row, outcome: why });
  }

  /** A step needs a person. */
  raise({ id, says }: Step, why: string, actions: readonly StuckAction[]): void {
    this.#stuck.set(stepName(id), { step: stepName(id), what: says, why, actions });
    this.#callForPerson();
  }

  /** Tells since when a step needs a person. */
  stuckSince(id: StepId, since: string): void {
    const row = this.#stuck.get(stepName(id));
    if (row === undefined) return;
    row.since = since;
    this.#show();
  }

  /** A step needs no person any more. */
  lower(id: StepId): void {
    this.#stuck.delete(stepName(id));
    this.#callForPerson();
  }

  /** The attribute holds one step: of several stuck steps, the first. */
  #callForPerson(): void {
    const [first] = this.#stuck.keys();
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: first !== undefined },
      { key: searchAttributes.stuckStep, value: first ?? null },
    ]);
    this.#show();
  }

  #mark(id: StepId, row: Omit<StepRow, 'step'>): void {
    this.#rows.set(stepName(id), { ...row, step: stepName(id) });
    this.#show();
  }

  #show(): void {
    setCurrentDetails(
      renderDetails({
        headline: this.#headline,
        facts: this.#facts,
        rows: [...this.#rows.values()],
        stuck: [...this.#stuck.values()],
        howToFree: this.#howToFree,
      }),
    );
  }
}
