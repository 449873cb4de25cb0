import type { FulfilmentActivities } from '../../activities';

/**
 * Which activity undoes which kind of step: the one table of it. `summary` says in the UI what the undo does, in `place`
 * where it is about a parcel.
 */
export const undoSteps = {
  'reserve stock': { activity: 'releaseStock', chain: 'goods', summary: () => 'Release the reserved stock' },
  'authorise payment': { activity: 'voidPayment', chain: 'money', summary: () => 'Void the authorisation' },
  'pack parcel': {
    activity: 'returnToShelf',
    chain: 'goods',
    summary: (place: string) => `Put the goods back on the shelf in ${place}`,
  },
  'book carrier': {
    activity: 'cancelBooking',
    chain: 'goods',
    summary: (place: string) => `Cancel the carrier of the parcel in ${place}`,
  },
} as const satisfies Record<
  string,
  { activity: keyof FulfilmentActivities; chain: 'goods' | 'money'; summary: (place: string) => string }
>;

export type UndoKind = keyof typeof undoSteps;
