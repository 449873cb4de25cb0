import type { Parties } from '../adapters/ports';
import type { Database } from '../infra/database/client';
import { createAttentionActivities } from './attention';
import { createBackorderActivities } from './backorders';
import { createDeliveryActivities } from './delivery';
import { createDropParcelActivities } from './drop-parcel';
import { createGiveUpHandOverActivities } from './give-up-hand-over';
import { createHandOverActivities } from './hand-over';
import { createInOneGo } from './in-one-go';
import { createInspectionActivities } from './inspection';
import { createInventoryActivities } from './inventory';
import { createNotificationActivities } from './notification';
import { createPaymentActivities } from './payment';
import { createRecoveryActivities } from './recovery';
import { createRefundActivities } from './refund';
import { createReturnActivities } from './returns';
import { createScreeningActivities } from './screening';
import { createShippingActivities } from './shipping';
import { StepLedger } from './step-ledger';
import { createUnwindingActivities } from './unwinding';
import { createWarehouseActivities } from './warehouse';
import { createWriteOffRefundActivities } from './write-off-refund';

/** All activities of orders, over the given books and parties. */
export function createActivities({ database, parties }: { database: Database; parties: Parties }) {
  const ledger = new StepLedger(database);
  const activities = {
    ...createScreeningActivities({ ledger, screening: parties.screening }),
    ...createInventoryActivities({ ledger, inventory: parties.inventory }),
    ...createBackorderActivities({ database }),
    ...createDropParcelActivities({ ledger }),
    ...createPaymentActivities({ ledger, payment: parties.payment }),
    ...createWarehouseActivities({ ledger, warehouse: parties.warehouse }),
    ...createShippingActivities({ ledger, carriers: parties.carriers }),
    ...createHandOverActivities({ ledger, carriers: parties.carriers }),
    ...createGiveUpHandOverActivities({ ledger, carriers: parties.carriers }),
    ...createDeliveryActivities({ database }),
    ...createNotificationActivities({ database, notification: parties.notification }),
    ...createAttentionActivities({ database }),
    ...createUnwindingActivities({ database }),
    ...createRecoveryActivities({ ledger, payment: parties.payment }),
    ...createRefundActivities({ ledger, payment: parties.payment }),
    ...createWriteOffRefundActivities({ database }),
    ...createReturnActivities({ database }),
    ...createInspectionActivities({ database }),
  };
  return { ...activities, ...createInOneGo(activities) };
}

/** What an order's workflow may call. */
export type FulfilmentActivities = ReturnType<typeof createActivities>;
