"""Everything around the model core: tasks, runs, measures, figures, components, pages."""
