import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import type { Message } from '../../../functions/contract/schemas.ts';
import { EVERYBODY, splitMentions } from '../model/mentions.ts';
import { useModel } from './use-model.ts';

/** The names in a text that are mentions, in lower case, each with whether it mentions the user. */
export type MentionedNames = ReadonlyMap<string, boolean>;

const nobody: MentionedNames = new Map();

/** The mentions of the message that a component is part of. */
export const MentionedContext = createContext<MentionedNames>(nobody);

/** The mentions of a message, by the names that may occur in its text. */
export const useMentionedNames = ({
  mentions,
  mention_all,
}: Pick<Message, 'mentions' | 'mention_all'>): MentionedNames => {
  const model = useModel();
  const own = model.user.value?.id;
  const names = mentions.map((id) => model.people.person(id).username.toLowerCase());
  return useMemo(() => {
    if (names.length === 0 && !mention_all) return nobody;
    const known = new Map(names.map((name, index) => [name, mentions[index] === own]));
    return mention_all ? new Map([[EVERYBODY, true], ...known]) : known;
  }, [names.join(' '), mentions, mention_all, own]);
};

/** A part of a message with its mentions marked. */
export const WithMentions = ({ text }: { readonly text: string }) => {
  const names = useContext(MentionedContext);
  if (names.size === 0) return <>{text}</>;
  return (
    <>
      {splitMentions(text, names).map((part, index) =>
        part.name === undefined ? (
          part.text
        ) : (
          <span key={index} class={`mention ${names.get(part.name) === true ? 'own' : ''}`}>
            {part.text}
          </span>
        ),
      )}
    </>
  );
};
