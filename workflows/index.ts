export { fulfilOrder } from './order/fulfil-order';
export { undoLateEffect } from './order/undo-late-effect';
export { returnOrder } from './return/return-order';
export { sweep } from './sweep';
