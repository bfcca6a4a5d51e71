import { useId } from 'preact/hooks';

/** A switch whose change takes effect at once. */
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
          // The switch shows the actual state, which changes only when the change has succeeded.
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
