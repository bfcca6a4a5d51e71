import { createContext, type ComponentChildren, type VNode } from 'preact';
import { useContext, useMemo, useState } from 'preact/hooks';
import { invitationIn, keepInvitation } from '../model/opened-link.ts';
import { navigate, parsePath } from '../model/router.ts';
import { navigateOnClick } from './navigate-on-click.ts';
import { MentionedContext, type MentionedNames, WithMentions } from './mentioned.tsx';
import { blocksOf, type Block, type Inline } from './message-blocks.ts';

/** Longer texts are cut until the user expands them: a message has up to 10,000 characters. */
const CUT_CHARACTERS = 1500;
const CUT_LINES = 25;

const onlyEmoji = /^\p{RGI_Emoji}{1,3}$/v;

/** The part of a text that is shown at first. */
const beginningOf = (text: string): string => {
  const lines = text.split('\n', CUT_LINES + 1);
  const byLines = lines.length > CUT_LINES ? lines.slice(0, CUT_LINES).join('\n') : text;
  if (byLines.length <= CUT_CHARACTERS) return byLines;
  // Do not cut within a word, nor between the two code units of a character.
  return (
    /^.*(?=\s)/s.exec(byLines.slice(0, CUT_CHARACTERS))?.[0] ??
    Array.from(byLines).slice(0, CUT_CHARACTERS).join('')
  );
};

/** The `tabIndex` of the links in a text. */
const TabIndexContext = createContext(0);

/** A link. Other sites open in a new tab, addresses of this page open without a reload. */
const Link = ({ href, children }: { readonly href: string; readonly children: ComponentChildren }) => {
  const url = new URL(href);
  const tabIndex = useContext(TabIndexContext);
  const isOwn = url.origin === location.origin;
  const invitation = isOwn ? invitationIn(url) : undefined;
  if (invitation !== undefined) {
    const open = (): void => {
      keepInvitation(invitation);
      navigate({ page: 'invite' });
    };
    return (
      <a href={href} tabIndex={tabIndex} onClick={(event) => navigateOnClick(event, open)}>
        {children}
      </a>
    );
  }
  const place = isOwn ? parsePath(url.pathname) : undefined;
  if (place?.chatId !== undefined) {
    return (
      <a href={href} tabIndex={tabIndex} onClick={(event) => navigateOnClick(event, () => navigate(place))}>
        {children}
      </a>
    );
  }
  return (
    <a
      href={href}
      tabIndex={tabIndex}
      {...(url.protocol === 'mailto:' ? {} : { target: '_blank' })}
      rel="noopener noreferrer nofollow"
    >
      {children}
    </a>
  );
};

export const inlineOf = (part: Inline, index: number): VNode | string => {
  switch (part.kind) {
    case 'text':
      return part.href === undefined ? (
        <WithMentions key={index} text={part.text} />
      ) : (
        <Link key={index} href={part.href}>
          {part.text}
        </Link>
      );
    case 'code':
      return <code key={index}>{part.text}</code>;
    case 'strong':
      return <strong key={index}>{part.parts.map(inlineOf)}</strong>;
    case 'em':
      return <em key={index}>{part.parts.map(inlineOf)}</em>;
    case 'del':
      return <del key={index}>{part.parts.map(inlineOf)}</del>;
  }
};

const blockOf = (block: Block, index: number): VNode => {
  switch (block.kind) {
    case 'text':
      return <p key={index}>{block.parts.map(inlineOf)}</p>;
    case 'code':
      return (
        <pre key={index}>
          <code>{block.text}</code>
        </pre>
      );
    case 'quote':
      return <blockquote key={index}>{block.blocks.map(blockOf)}</blockquote>;
    case 'list': {
      const items = block.items.map((item, at) => <li key={at}>{item.map(blockOf)}</li>);
      return block.start === undefined ? (
        <ul key={index}>{items}</ul>
      ) : (
        <ol key={index} start={block.start}>
          {items}
        </ol>
      );
    }
  }
};

/**
 * The text of a message with its markup. User input only ever becomes text nodes and known elements, never HTML.
 *
 * @param props.tabIndex the `tabIndex` of the controls in it: -1 keeps Tab from stopping there
 */
export const MessageText = (props: {
  readonly text: string;
  readonly mentioned: MentionedNames;
  readonly tabIndex: number;
}) => {
  const { text, tabIndex } = props;
  const [whole, setWhole] = useState(false);
  const beginning = beginningOf(text);
  const isCut = beginning.length < text.length - 200;
  const shown = isCut && !whole ? `${beginning.trimEnd()}…` : text;
  const blocks = useMemo(() => blocksOf(shown), [shown]);
  const [only] = blocks;
  return (
    <>
      <div class={`text ${onlyEmoji.test(text) ? 'emoji' : ''}`} dir="auto">
        <MentionedContext.Provider value={props.mentioned}>
          <TabIndexContext.Provider value={tabIndex}>
            {blocks.length === 1 && only?.kind === 'text' ? only.parts.map(inlineOf) : blocks.map(blockOf)}
          </TabIndexContext.Provider>
        </MentionedContext.Provider>
      </div>
      {isCut && (
        <button type="button" class="link-button" tabIndex={tabIndex} onClick={() => setWhole(!whole)}>
          {whole ? 'Show less' : 'Show all'}
        </button>
      )}
    </>
  );
};
