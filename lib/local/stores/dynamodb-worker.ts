import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import dynalite from 'dynalite';
import { readBatch } from './batch-read.ts';
import { recoverLevel } from './level-recovery.ts';
import { answerRequests, readRequest } from '../requests-in-process.ts';
import { dynamodbRequests, LOOK_UP, type GuardedTable } from '../iam/dynamodb-request.ts';
import { accessKeyOf, isAllowed, refusalOf, type Principals } from '../iam/role-policies.ts';

/** Runs dynalite in a worker thread, so that its work on the store does not block the gateway. */
const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only');
const { path } = workerData as { path: string };

let principals: Principals = new Map();
let guarded: readonly GuardedTable[] = [];

const recovery = recoverLevel(path, (line) => port.postMessage({ log: line }));
const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
server.keepAliveTimeout = 60_000;

/**
 * Why a request is refused; undefined when it is allowed. A caller with an access key of no function may do anything.
 *
 * @param target the header `x-amz-target`
 */
const refusal = (authorization: string | undefined, target: string, body: string): string | undefined => {
  const principal = principals.get(accessKeyOf(authorization) ?? '');
  if (principal === undefined || body === '') return undefined;
  const refused = dynamodbRequests(target, body, guarded).find(
    (wanted) => !isAllowed(principal.statements, wanted),
  );
  return refused && refusalOf(principal, refused);
};

const guard = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = await text(request);
  if (!(await recovery.ready())) {
    response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError' }));
    return;
  }
  const { authorization, 'x-amz-target': target = '' } = request.headers;
  const message = refusal(authorization, String(target), body);
  if (message !== undefined) {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', Message: message }),
    );
    return;
  }
  // The body has been consumed, so dynalite gets a stand-in with the members of a request that it reads.
  const { method, url, headers } = request;
  const replay = Object.assign(new EventEmitter(), { method, url, headers });
  serve(replay as unknown as IncomingMessage, response);
  if (body !== '') replay.emit('data', Buffer.from(body));
  replay.emit('end');
};

/** Answers the look-ups of broadcasts, if they are allowed; dynalite and `guard` answer everything else. */
const lookUp = (text: string): string | undefined => {
  const request = readRequest(text);
  const target = request?.header('x-amz-target');
  if (request === undefined || target?.endsWith(LOOK_UP) !== true) return undefined;
  let output: string | undefined;
  try {
    const isRefused = refusal(request.header('authorization'), target, request.body) !== undefined;
    if (!isRefused && !recovery.isBroken()) output = readBatch(request.body, recovery.read);
  } catch {
    // LevelDB or the request cannot be read: dynalite finds out why, and reports it.
  }
  if (output === undefined) return undefined;
  return `HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ${Buffer.byteLength(output)}\r\n\r\n${output}`;
};

const [serve] = server.listeners('request') as [(request: IncomingMessage, response: ServerResponse) => void];
server.removeAllListeners('request');
server.on('request', (request, response) => {
  guard(request, response).catch(() => response.destroy());
});
/** The current permissions. The first message also contains the tables, and makes dynalite listen. */
interface Authorization {
  readonly principals: Principals;
  readonly guarded?: readonly GuardedTable[];
}

port.on('message', (message: 'close' | Authorization | { readonly messages: MessagePort }) => {
  if (message !== 'close') {
    if ('messages' in message) {
      answerRequests(message.messages, lookUp);
      return;
    }
    ({ principals } = message);
    if (message.guarded === undefined) return;
    ({ guarded } = message);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address !== 'string') port.postMessage({ port: address.port });
    });
    return;
  }
  server.closeAllConnections();
  server.close(() => {
    // dynalite closes its store before this callback runs.
    port.close();
  });
});
