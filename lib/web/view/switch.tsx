import { useId } from 'preact/hooks';

/** Something that is on or off, and is so as soon as it is pressed. */
export const Switch = (props: {
  readonly label: string;
  readonly hint?: string;
  readonly isOn: boolean;
  readonly disabled?: boolean;
  readonly onChange: (isOn: boolean) => void;
}) => {
  const id = useId();
  return (
    <div class="switch-row">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={props.isOn}
        disabled={props.disabled === true}
        {...(props.hint === undefined ? {} : { 'aria-describedby': `${id}-hint` })}
        onChange={({ currentTarget }) => {
          const { checked } = currentTarget;
          // It shows what is, which the answer to the change decides.
          currentTarget.checked = props.isOn;
          props.onChange(checked);
        }}
      />
      {props.hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {props.hint}
        </p>
      )}
    </div>
  );
};
