import { MessageChannel } from 'node:worker_threads';
import { signedTextsFor, type PostRequest } from '../../functions/platform/signed-text.ts';
import type { Responses, ServerInProcess } from '../../lib/local/requests-in-process.ts';

/** The text of a request as functions send it. */
export const signedRequest = (
  { host, port }: Pick<ServerInProcess, 'host' | 'port'>,
  service: string,
  accessKeyId: string,
  request: PostRequest,
): string =>
  signedTextsFor({ service, region: 'eu-central-1', host: `${host}:${port}` })(
    request,
    { accessKeyId, secretAccessKey: 'secret' },
    Date.now(),
  );

/** Sends requests from thread to thread, as functions of the local cloud do. */
export const askInProcess = async (
  server: ServerInProcess,
  requests: readonly string[],
): Promise<Responses> => {
  const { port1, port2 } = new MessageChannel();
  server.connect(port1);
  const answered = new Promise<Responses>((resolve) => void port2.once('message', resolve));
  port2.postMessage(requests);
  try {
    return await answered;
  } finally {
    port2.close();
  }
};
