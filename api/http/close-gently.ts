import type { Socket } from 'node:net';
import type { Request, Response } from 'express';

const LINGER_MS = 1000;
const draining = new WeakSet<Socket>();

/**
 * Ends our side of a connection at once and the client's side within a second. Discards what the client still sends. To
 * close on unread bytes would reset the connection, and the client could lose the answer.
 */
export function closeGently(socket: Socket): void {
  if (draining.has(socket)) return;
  draining.add(socket);
  socket.end();
  socket.resume();
  const late = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(late));
}

/**
 * Ends the connection after the answer if the request's body has not arrived wholly, because nobody will read the rest.
 * Call it before the answer is sent.
 */
export function closeIfUnread(request: Request, response: Response): void {
  const { 'transfer-encoding': chunked, 'content-length': length } = request.headers;
  if (request.complete || (chunked === undefined && !Number(length))) return;
  response.set('Connection', 'close');
  const { socket } = response;
  if (socket) socket.destroySoon = () => closeGently(socket);
}
