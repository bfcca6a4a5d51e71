import { DecodeAnswer, type DecodeRequest } from '../contract/image-decoding.ts';
import { awsLocation, environmentOf, type AwsLocation } from '../platform/environment.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { lambdaFunction } from './lambda-service.ts';

/** Decodes untrusted images in a separate function. */
export interface ImageDecoder {
  /** @throws StoreUnavailableError when the decoder does not respond: a retry may help */
  decode(request: DecodeRequest): Promise<DecodeAnswer>;
}

/** Timeout of an invocation in milliseconds: the decoder's own 9 s for an image, the rest for a cold start. */
const TIMEOUT_MS = 12_000;

/** Lambda's error types for a function that ran out of memory, crashed, or timed out. */
const TAKEN_DOWN: ReadonlySet<string> = new Set([
  'Runtime.OutOfMemory',
  'Runtime.ExitError',
  'Sandbox.Timedout',
]);

/** An image decoder that invokes a Lambda function by name. */
export const createImageDecoder = (functionName: string, place: AwsLocation): ImageDecoder => {
  const invokeDecoder = lambdaFunction({ functionName, ...place, answerTimeoutMs: TIMEOUT_MS });

  const invoke = async (request: DecodeRequest): Promise<unknown> => {
    const response = await invokeDecoder(request);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Lambda answered ${response.status}`);
    if (response.header('x-amz-function-error') !== undefined) {
      // An image that crashes the decoder harms nothing else and is refused. Other errors, for example when storage
      // does not respond, are not caused by the image.
      const { errorType = '', errorMessage = '' } = JSON.parse(text) as Readonly<Record<string, string>>;
      if (TAKEN_DOWN.has(errorType) || errorMessage.includes('Task timed out')) return { outcome: 'refused' };
      throw new Error(`The decoder failed: ${errorType}`);
    }
    return JSON.parse(text);
  };

  return {
    decode: async (request) => {
      let answer: unknown;
      try {
        answer = await invoke(request);
      } catch (error) {
        throw new StoreUnavailableError('lambda', error);
      }
      return DecodeAnswer.parse(answer);
    },
  };
};

let decoder: ImageDecoder | undefined;

/** The image decoder of this stage. */
export const imageDecoder = (): ImageDecoder =>
  (decoder ??= createImageDecoder(
    environmentOf('image-decoder').IMAGE_DECODER_FUNCTION,
    awsLocation('LAMBDA'),
  ));
