"""What a model's parts do, found by changing them: ablations, patching, swapped tokens; and what its layers say."""
