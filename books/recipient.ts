import { Prisma } from '../infra/database/generated/client';

/** Whom and where an order goes to, as a `Recipient` of the ports, in a statement that calls the order's row `o`. */
export const RECIPIENT = Prisma.sql`(
  SELECT jsonb_build_object('name', r.name, 'line1', r.line1, 'line2', r.line2, 'postalCode', r.postal_code,
    'city', r.city, 'region', r.region, 'country', r.country, 'email', r.email, 'phone', r.phone)
  FROM orders.recipient r WHERE r.order_id = o.id)`;
