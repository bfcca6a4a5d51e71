import { resolve, type AsyncApi, type FrameOperation, type Message } from './document.ts';
import { codeBlock, inline } from './prose.ts';
import { schemaView, typeOf } from './schema-views.ts';
import { either, h, type View } from './view.ts';

// The document describes frames from the service's point of view, the page from the client's.

/** A frame of the WebSocket with its replies. */
export const frameView = (id: string, frame: FrameOperation, asyncApi: AsyncApi): View => {
  const { action, title, summary, messages, reply } = frame;
  const described = messages.map((reference) => resolve<Message>(reference, asyncApi));
  const answers = (reply?.messages ?? []).map((reference) => resolve<Message>(reference, asyncApi));
  return h(
    'details',
    { class: 'frame', id },
    h(
      'summary',
      {},
      h('span', { class: `method ${action}` }, action === 'receive' ? 'you send' : 'you get'),
      h('span', { class: 'path' }, title),
      h('span', {}, inline(summary)),
    ),
    h(
      'div',
      { class: 'inside' },
      described.map(({ payload, examples }) => [
        schemaView(resolve(payload, asyncApi)),
        examples.map((example) => codeBlock(example.payload)),
      ]),
      answers.length === 0
        ? undefined
        : h('p', {}, 'Answered by ', either(answers.map(({ payload }) => typeOf(payload))), '.'),
    ),
  );
};

/** A frame's entry in the index. */
export const frameEntry = (id: string, { action, title, summary }: FrameOperation): View =>
  h(
    'li',
    { 'data-text': `${id} ${title} ${summary} websocket frame`.toLowerCase() },
    h(
      'a',
      { href: `#${id}` },
      h('span', { class: `method ${action}` }, action === 'receive' ? 'send' : 'get'),
      title,
    ),
  );
