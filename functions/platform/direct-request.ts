import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  getEndpointFromInstructions,
  type EndpointParameterInstructionsSupplier,
} from '@smithy/core/endpoints';
import type { HttpRequest, RequestSigner } from '@smithy/types';

/** The parts of an AWS SDK client that a direct request uses. */
interface SdkClient {
  readonly config: {
    signer(): Promise<RequestSigner>;
    readonly requestHandler: {
      handle(request: HttpRequest): Promise<{
        readonly response: { readonly statusCode: number; readonly body?: unknown };
      }>;
    };
  };
}

/** A `POST` request to an AWS service; the path is percent-encoded, and relative to the service's endpoint. */
export interface DirectRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DirectAnswer {
  readonly status: number;
  /** Must be read, or discarded by `resume`: until then it occupies its connection. */
  readonly body: Readable;
}

/**
 * Sends requests with an SDK client's endpoint, signer, connections and timeouts, but without its middleware, which is two
 * thirds of the cost of a small request. Makes one attempt; the caller repeats a failed one through the SDK. See decision
 * 16.
 *
 * @param command any command of the client: it has the rules that determine the endpoint
 * @returns a function that throws Node's error of a broken connection, or `TimeoutError`
 */
export const directlyBy = (
  client: SdkClient,
  command: EndpointParameterInstructionsSupplier,
): ((request: DirectRequest) => Promise<DirectAnswer>) => {
  const open = async () => {
    const { url } = await getEndpointFromInstructions({}, command, client.config);
    const { protocol, hostname, host, port, pathname } = url;
    return {
      // One signer for all requests; it renews expired credentials by itself.
      signer: await client.config.signer(),
      address: { method: 'POST', protocol, hostname, ...(port === '' ? {} : { port: Number(port) }) },
      host,
      base: pathname.replace(/\/$/, ''),
    };
  };
  let opening: ReturnType<typeof open> | undefined;

  return async ({ path, headers, body }) => {
    const { signer, address, host, base } = await (opening ??= open());
    const bytes = Buffer.from(body);
    const request = await signer.sign({
      ...address,
      path: base + path,
      headers: { host, 'content-length': String(bytes.length), ...headers },
      body: bytes,
    });
    const { response } = await client.config.requestHandler.handle(request);
    // Node's request handler answers with a Readable.
    return { status: response.statusCode, body: response.body as Readable };
  };
};

/** Waits before the SDK's attempt as the SDK waits before a retry: a random time up to 100 ms. */
export const backOff = (): Promise<void> => sleep(Math.random() * 100);
