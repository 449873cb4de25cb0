import type { Parties } from '../adapters/ports';
import type { Database } from '../infra/database/client';
import { StepLedger } from './ledger/step-ledger';
import { createAttentionActivities } from './order/attention';
import { createBackorderActivities } from './order/await-stock';
import { createInTurn } from './order/in-turn';
import { createStopActivities } from './order/stop-order';
import { createValidateActivities } from './order/validate';
import { createAuthoriseActivities } from './payment/authorise';
import { createCaptureActivities } from './payment/capture';
import { createRefundActivities } from './payment/refund';
import { createInspectionActivities } from './returns/inspect-return';
import { createReturnActivities } from './returns/move-return';
import { createBookActivities } from './shipping/book';
import { createGiveUpHandOverActivities } from './shipping/give-up-hand-over';
import { createHandOverActivities } from './shipping/hand-over';
import { createDropParcelActivities } from './stock/drop-parcel';
import { createInventoryActivities } from './stock/reserve';
import { createWarehouseActivities } from './warehouse/pack';

/** All activities of orders and returns, over the given books and parties. */
export function createActivities({ database, parties }: { database: Database; parties: Parties }) {
  const ledger = new StepLedger(database);
  const { payment, carriers } = parties;
  const activities = {
    ...createValidateActivities({ ledger, screening: parties.screening }),
    ...createInventoryActivities({ ledger, inventory: parties.inventory }),
    ...createBackorderActivities({ database }),
    ...createDropParcelActivities({ ledger }),
    ...createAuthoriseActivities({ ledger, payment }),
    ...createWarehouseActivities({ ledger, warehouse: parties.warehouse }),
    ...createBookActivities({ ledger, carriers }),
    ...createCaptureActivities({ ledger, payment }),
    ...createHandOverActivities({ ledger, carriers }),
    ...createGiveUpHandOverActivities({ ledger, carriers }),
    ...createRefundActivities({ ledger, payment }),
    ...createAttentionActivities({ database }),
    ...createStopActivities({ ledger, payment }),
    ...createReturnActivities({ database }),
    ...createInspectionActivities({ database }),
  };
  return { ...activities, ...createInTurn({ database }, activities) };
}

/** What the workflows of orders and returns may call. */
export type FulfilmentActivities = ReturnType<typeof createActivities>;
