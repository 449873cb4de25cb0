import { z } from 'zod';

/** The path of an order. Any text: an id of another form than ours is as unknown as one that nobody has. */
export const orderParams = z.strictObject({ orderId: z.string() });
